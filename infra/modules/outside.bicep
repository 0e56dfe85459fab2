metadata description = 'A look from outside: a test that posts to intake as the world does, and an alert on it.'

@description('Required. Short name of this deployment.')
param environmentName string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags { *: string }

@description('Required. Id of Application Insights, which keeps the results.')
param applicationInsightsId string

@description('Required. What listings post leads to, before the listing and the key.')
param intakeUrl string

@description('Required. Ids of the action groups that are told; nobody is if empty.')
param receivers string[]

@description('Required. Web address of the folder of runbooks, without a slash at its end.')
param runbooks string

@description('Required. Whether the alert is on. Before the first release it would tell that nothing answers.')
param isEnabled bool

var name = 'leadshare-${environmentName}-outside'
var places = ['emea-nl-ams-azr', 'emea-gb-db3-azr', 'us-va-ash-azr', 'us-ca-sjc-azr', 'apac-sg-sin-azr']

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: name
  location: location
  // Azure takes no test without this tag, which says whose it is.
  tags: union(tags, { 'hidden-link:${applicationInsightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: name
    Name: name
    Kind: 'standard'
    Enabled: true
    Frequency: 900
    Timeout: 30
    RetryEnabled: true
    Locations: map(places, place => { Id: place })
    Request: {
      RequestUrl: '${intakeUrl}/probe'
      HttpVerb: 'POST'
      FollowRedirects: false
      ParseDependentRequests: false
    }
    ValidationRules: {
      // It has no key. A function that is in error is answered 404, a host that is down 503.
      ExpectedHttpStatusCode: 401
    }
  }
}

resource unreachable 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'leadshare-${environmentName}-unreachable'
  location: 'global'
  tags: tags
  properties: {
    description: 'Intake does not answer the world as it should. What to do: ${runbooks}/unreachable.md'
    enabled: isEnabled
    severity: 0
    evaluationFrequency: 'PT5M'
    // As long as it takes until each place has asked.
    windowSize: 'PT15M'
    autoMitigate: true
    scopes: [test.id, applicationInsightsId]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: applicationInsightsId
      failedLocationCount: 3
    }
    actions: map(receivers, id => { actionGroupId: id })
  }
}

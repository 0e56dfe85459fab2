metadata description = 'What the publisher\'s people look at in the portal.'

@description('Required. Short name of this deployment.')
param environmentName string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags { *: string }

@description('Required. Id of Application Insights, whose tables the queries read.')
param applicationInsightsId string

@description('Required. Web address of the folder of runbooks, without a slash at its end.')
param runbooks string

var content = replace(loadTextContent('../workbook.json'), '<runbooks>', runbooks)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // Of what is known before Application Insights is there, for what-if to find it.
  name: guid(resourceGroup().id, environmentName, 'leadshare')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'leadshare ${environmentName}'
    category: 'workbook'
    sourceId: applicationInsightsId
    serializedData: replace(content, '<applicationInsights>', applicationInsightsId)
  }
}

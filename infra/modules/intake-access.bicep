metadata description = 'All that the intake app may do; nothing else here grants anything.'

@description('Required. Id of the principal that the app runs as.')
param principalId string

@description('Required. Name of the storage account of leads.')
param storageName string

@description('Required. Name of the storage account of its host.')
param hostStorageName string

@description('Required. Name of Application Insights.')
param applicationInsightsName string

var roles = {
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb'
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Queue Data Message Sender': 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
}

// The host writes a message as the sender, and keeps its keys in storage of its own.
var grants = [
  { role: 'Storage Queue Data Message Sender', principal: principalId, scope: 'touches' }
  { role: 'Storage Blob Data Owner', principal: principalId, scope: 'hostStorage' }
  { role: 'Monitoring Metrics Publisher', principal: principalId, scope: 'applicationInsights' }
]

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource touches 'queues' existing = {
      name: 'touches'
    }
  }
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// One loop a scope, for Bicep wants a resource there, not a value.

resource touchesGrants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in filter(grants, one => one.scope == 'touches'): {
    name: guid(storage::queueService::touches.id, grant.principal, roles[grant.role])
    scope: storage::queueService::touches
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]

resource hostStorageGrants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in filter(grants, one => one.scope == 'hostStorage'): {
    name: guid(hostStorage.id, grant.principal, roles[grant.role])
    scope: hostStorage
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]

resource applicationInsightsGrants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in filter(grants, one => one.scope == 'applicationInsights'): {
    name: guid(applicationInsights.id, grant.principal, roles[grant.role])
    scope: applicationInsights
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]
